package main

import "net/http"

// none posts nothing, and says that it did.
type none struct{}

func (none) post() (post, error) {
	return func(string, string) (int, []byte, error) { return http.StatusCreated, nil, nil }, nil
}
