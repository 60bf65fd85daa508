"""The audit's checks as a script. Fails unless it finds rows, and no fault."""
import csv
import json
import re
import sys
from datetime import datetime, timezone

service = re.compile(r"IS[0-9a-fA-F]{32}").fullmatch
role = re.compile(r"RL[0-9a-fA-F]{32}").fullmatch
user = re.compile(r"US[0-9a-fA-F]{32}").fullmatch
reserved = re.compile(r"[!*'();:@&=+$,/?%#\[\]]").search
now, early = datetime.now(timezone.utc), datetime(2010, 1, 1, tzinfo=timezone.utc)


def rows(path):
    with open(path, encoding="utf-8", newline="") as f:
        if path.endswith(".csv"):
            yield from csv.DictReader(f)
        else:
            for line in f:
                yield json.loads(line)


count = faults = 0
members, spellings, channels = set(), set(), {}
for row in rows(sys.argv[1]):
    count += 1
    identity, channel = row["identity"], row["channel_sid"]
    faults += not service(row["service_sid"]) or not role(row["role_sid"]) or channel in ("", ".", "..")
    faults += not identity or bool(user(identity)) or int(row["last_consumed_message_index"]) < 0
    json.loads(row["attributes"])
    faults += len(identity) > 256 or bool(reserved(identity)) or len(row["attributes"].encode()) > 4096
    created, updated, _ = (datetime.fromisoformat(row[name]) for name in ("date_created", "date_updated", "last_consumption_timestamp"))
    faults += updated < created or created > now or created < early
    key = (row["service_sid"], channel, identity)
    if key in members:
        faults += 1
        continue
    members.add(key)
    channels[key[:2]] = channels.get(key[:2], 0) + 1
    spelling = (key[0], channel, identity.lower())
    faults += spelling in spellings
    spellings.add(spelling)
faults += sum(n > 1000 for n in channels.values())
print(count, faults)
sys.exit(count == 0 or faults != 0)
