// Package manual makes what tells people how to call a program: help pages, man pages, and completion for bash, zsh and
// fish. All of them are made of one description of the commands, their flags and the topics of the help.
//
// It promises that
//   - nothing of the description is left out of a page, and no line of a help page is wider than 80 columns where its
//     text can be broken;
//   - the same description gives the same bytes;
//   - a completion script does not run the program, and does nothing with a flag or a word that is not in it.
//
// It does not promise that the description is true: the one who makes it holds it to the code. It knows no library of
// command lines.
//
// Texts are written as a help page shows them. A line that begins at the margin is a heading; what stands under it is
// indented by three spaces, and blank lines part its paragraphs. A paragraph of lines like "term  what it is", with two
// spaces or more between them, is a list; one whose lines are all indented by four spaces more is shown as it stands; all
// others are prose. Under EXAMPLES, the first paragraph is a list of commands, each with what it does where that is said; under EXIT STATUS, several statuses may stand in one line, with three spaces or more between them.
package manual
