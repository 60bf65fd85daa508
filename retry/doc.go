// Package retry says what an answer of the Chat API means, and makes a request again for as long as that makes sense:
// under the run's ceiling, with growing waits between two tries, and through the outages of the service.
//
// It promises that
//   - [MeaningOf] is a pure function with one table, the only place that knows what the API's codes mean;
//   - nothing is tried again that the service has refused for good, and nothing is given up for what a later try can
//     mend before its tries or its time are used up;
//   - an answer 429 is no failed try, and neither is what fails while the service is down;
//   - one [Caller] serves all goroutines of a run.
//
// It does not promise that a request was not applied when it failed: whoever writes must look at the meaning, and ask.
// So package restore, which creates, decides on every answer itself; [Caller.Do] is for requests that may be made twice
// without harm.
package retry
