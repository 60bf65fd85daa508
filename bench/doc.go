// Command bench measures rejoin against what a person would use in its place, and prints tables of ratios.
//
// What is compared takes turns: A B A B, all in one run on one machine, and a ratio is the median of the ratios of the
// turns. Times of a machine that others use, too, say little by themselves; ratios of neighbours in time say more.
//
// CPU times and peak memory are those of the process under measurement alone, as the system counts them when it ends;
// the service that is written to, and what writes a pipe, are processes of their own and do not count. A peak below
// that of this program, about 15 MB, cannot be told from it: the system counts the moment of starting a process, too.
//
// The peers come from their own registries into a temporary folder, at the versions that stand in install.go, and go
// with it at the end. This is a module of its own, so that nothing of it gets into rejoin's.
package main
