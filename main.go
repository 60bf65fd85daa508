// Command rejoin restores the members of Twilio Programmable Chat channels from a backup.
package main

import (
	"os"

	"rejoin/internal/app"
)

func main() {
	os.Exit(app.Main(app.System()))
}
