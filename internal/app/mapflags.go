package app

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"rejoin/mapping"
	"rejoin/rules"
)

// mapped is what the flags say of rows that go into another Service.
type mapped struct {
	files []string
	drop  bool // roles that are not mapped are left out
	read  *mapping.Map
}

// mappingFlags are the flags of a command that judges the rows of a backup.
func mappingFlags() []cli.Flag {
	return []cli.Flag{
		listFlag("map", "what Services, channels and roles are called in the Service that the rows go to, from `FILE`, as rejoin map writes it (CSV or JSON); may be repeated"),
		stringFlag("unmapped-roles", "fail", "a role of another Service that no map names: `WORD` is fail (the row is invalid) or drop (the Service's default role)"),
	}
}

func (set *settings) readMapping(c *cli.Context) (err error) {
	set.mapped.files = c.StringSlice("map")
	if slices.Contains(set.mapped.files, "") {
		return usagef("--map: the path is empty")
	}
	set.mapped.drop, err = parse(c, "unmapped-roles", oneOf([]string{"fail", "drop"}, false, true))
	return err
}

// judge reads the maps, and makes the rules by which rows are judged. What the maps say is part of what becomes of a row,
// so that a run is only resumed with the same. Where the files lie is not.
func (set *settings) judge(redact bool) (*rules.Rules, error) {
	if err := set.mapped.load(); err != nil {
		return nil, err
	}
	if set.meaning != nil {
		if len(set.mapped.files) > 0 {
			set.meaning["map_sha256"] = set.mapped.read.Fingerprint()
			set.other["map"] = strings.Join(set.mapped.files, "\n")
		}
		if set.mapped.drop {
			set.meaning["unmapped_roles"] = "drop"
		}
	}
	judge, err := rules.New(rules.Config{
		Service: set.service, Map: set.mapped.read, DropRoles: set.mapped.drop, Zone: set.zone, Redact: redact,
	})
	if err != nil {
		return nil, usageError(err)
	}
	return judge, nil
}

// load reads the files. It is all of them or none.
func (m *mapped) load() error {
	if len(m.files) == 0 {
		return nil
	}
	var files []*os.File
	defer func() {
		for _, file := range files {
			_ = file.Close() // it was only read
		}
	}()
	var sources []mapping.Source
	for _, path := range m.files {
		file, err := os.Open(path)
		if err != nil {
			return failed(fmt.Errorf("the map cannot be opened: %w", err))
		}
		files = append(files, file)
		sources = append(sources, mapping.Source{Name: path, Data: file})
	}
	var err error
	if m.read, err = mapping.Read(sources...); err == nil {
		return nil
	}
	if _, faults := errors.AsType[*mapping.Error](err); faults {
		lines := strings.Split(err.Error(), "\n")
		return failed(errors.New(strings.Join(append(lines, "a map with anything wrong in it is not used; nothing was sent"), "\nrejoin: ")))
	}
	return failed(fmt.Errorf("the map %w", err))
}
