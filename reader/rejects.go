package reader

type rejectsState struct{}
