// Package app is rejoin's command line: flags to configuration, configuration to wiring, what happens to a screen, and
// how it ended to an exit status. It is the only package that knows of any of these; it decides nothing about a row.
package app
