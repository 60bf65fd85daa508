// A restore with Twilio's own client for Node: takes a base URL and a backup in NDJSON, sixteen requests at a time.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import http from 'node:http';
import twilio from 'twilio';

const [base, backup] = process.argv.slice(2);
http.globalAgent = new http.Agent({ keepAlive: true, maxSockets: 16 });

// The client knows Twilio's host alone; here it asks another.
class Client extends twilio.RequestClient {
  request(options) {
    return super.request({ ...options, uri: options.uri.replace('https://chat.twilio.com', base) });
  }
}
const chat = twilio(process.env.TWILIO_ACCOUNT_SID, process.env.TWILIO_AUTH_TOKEN, { httpClient: new Client() }).chat.v2;

async function send(line) {
  const row = JSON.parse(line);
  const made = await chat.services(row.service_sid).channels(row.channel_sid).members.create({
    identity: row.identity,
    roleSid: row.role_sid,
    attributes: row.attributes,
    lastConsumedMessageIndex: row.last_consumed_message_index,
    lastConsumptionTimestamp: new Date(row.last_consumption_timestamp),
    dateCreated: new Date(row.date_created),
    dateUpdated: new Date(row.date_updated),
    xTwilioWebhookEnabled: 'false',
  });
  process.stdout.write(JSON.stringify({ identity: row.identity, sid: made.sid }) + '\n');
}

const lines = createInterface({ input: createReadStream(backup) })[Symbol.asyncIterator]();
await Promise.all(Array.from({ length: 16 }, async () => {
  for (let next = await lines.next(); !next.done; next = await lines.next()) await send(next.value);
}));
