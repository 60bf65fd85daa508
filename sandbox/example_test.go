package sandbox_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"rejoin/sandbox"
)

// A client of the API is given the server's connections, and one answer in a hundred is lost.
func Example() {
	faults, err := sandbox.ParseFaults([]string{"lost-after=1%"})
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := sandbox.New(sandbox.Config{Faults: faults, Seed: 1, Keep: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	const service, channel = "IS00000000000000000000000000000001", "CH00000000000000000000000000000001"
	fmt.Println(server.AddService(service), server.AddChannel(service, channel))

	pipe := sandbox.Pipe()
	stop := server.Serve(pipe)
	client := &http.Client{Transport: &http.Transport{DialContext: pipe.DialContext}}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost,
		"http://chat.test/v2/Services/"+service+"/Channels/"+channel+"/Members", strings.NewReader("Identity=jing"))
	if err != nil {
		fmt.Println(err)
		return
	}
	req.SetBasicAuth("AC00000000000000000000000000000001", "token")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.Status, resp.Body.Close())
	fmt.Println(server.Members(service, channel)[0].Identity, string(server.Requests()[0].Body))
	fmt.Println(stop())
	// Output:
	// <nil> <nil>
	// 201 Created <nil>
	// jing Identity=jing
	// <nil>
}
