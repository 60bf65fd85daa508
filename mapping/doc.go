// Package mapping says what the Services, channels and roles of one Service are called in another: their SIDs differ,
// and a member that moves needs those of the Service that it moves to.
//
// It holds the [Map], reads it from files that people and programs write ([Read]), finds it by comparing what two
// Services hold ([Compare]), and writes what it found ([WriteCSV], [WriteJSON]) in a form that it reads again.
//
// A map is one step, from the old side to the new one. It is whole or not there at all: a file with anything wrong in it
// gives no map, and every line that is wrong is told at once. Whether what a map names exists is not known here, nor what
// becomes of a row that it does not cover: that is for package rules.
package mapping
