# The audit's checks for jq. Fails unless it finds rows, and no fault.
def fault:
  (.service_sid | test("^IS[0-9a-fA-F]{32}$") | not)
  or (.role_sid | test("^RL[0-9a-fA-F]{32}$") | not)
  or (.channel_sid | . == "" or . == "." or . == "..")
  or (.identity | . == "" or test("^US[0-9a-fA-F]{32}$") or length > 256 or test("[!*'();:@&=+$,/?%#\\[\\]]"))
  or .last_consumed_message_index < 0
  or (.attributes | utf8bytelength > 4096 or (fromjson | false))
  or (.last_consumption_timestamp | fromdateiso8601 | false)
  or ((.date_created | fromdateiso8601) as $created | $created > now or $created < 1262304000
    or (.date_updated | fromdateiso8601) < $created);
reduce inputs as $row ({}; .[$row.channel_sid + " " + $row.identity] = ($row | fault))
| (input_line_number - length) as $duplicates
| (length - ([keys_unsorted[] | ascii_downcase] | unique | length)) as $variants
| if length > 0 and $duplicates == 0 and $variants == 0 and (any | not) then [length, 0] else error("faults") end
