// Package restore is the engine: it takes a backup's records in, recreates each one's member through the Chat API, and
// gives exactly one outcome for every record that it took.
//
// It promises that nothing is sent twice by accident and nothing is called failed that worked: a try whose answer was
// lost is settled by asking the API before anything is sent again; that an outcome is in the sink before it is counted;
// that rows of one (channel, identity) are never in flight together; and that the counts add up however a run ends
// ([Summary.Check]).
//
// It does not promise an order: outcomes come in the order in which they complete. It knows no screen, no flag and no
// file; what it needs of the world it takes through the small interfaces of [Config].
//
// The way of a row: intake reads, judges and puts it into the window; a worker takes it when its channel and the run
// may send; one attempt is one request; [retry.MeaningOf] says what its answer means; and the row is done, goes back into the
// window for a later try or another question, or ends with the run. The collector writes outcomes down and counts them.
package restore
