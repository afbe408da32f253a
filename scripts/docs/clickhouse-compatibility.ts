/** docs/reference/clickhouse-compatibility.md: prose, with the lists from the source. */
import { READABLE_SYSTEM_TABLES } from '../../collector/src/store/engine/engine-files.ts'
import { INFORMATION_SCHEMA_VIEWS } from '../../collector/src/store/gate/gate.ts'
import { refusedFormats } from '../../collector/src/store/gate/formats.ts'
import { superlinearFunctions } from '../../collector/src/store/gate/functions.ts'
import { readerLimits } from '../../collector/src/store/session-pools.ts'
import { freeSettings, limitedSettings, ownSettings } from '../../collector/src/store/settings/allowed.ts'
import { code, document } from './markdown.ts'

const defaults = { readers: 3, maxMemoryBytes: 1_073_741_824, queryTimeoutMs: 30_000 }
const list = (names: readonly string[]): string => names.map(code).join(', ')

const introduction = `The store answers the ClickHouse HTTP interface on port 8123, for reading. It is intended for Grafana, \`@clickhouse/client\`, \`clickhouse-connect\` and
\`curl\`; the engine is ClickHouse itself. This page lists the differences. No part of a request is silently ignored: it takes effect, or
the answer is an error with ClickHouse's code.`

const text = `## Requests

| Part                                                     | What happens                                                                                      |
| -------------------------------------------------------- | ------------------------------------------------------------------------------------------------- |
| \`GET\`, \`HEAD\`, \`POST /\`                                  | The statement is the parameter \`query\`, the body, or both. \`HEAD\` runs it and sends no body.      |
| \`multipart/form-data\`                                    | Fields are parameters, like those of the URL. External tables: code 48.                           |
| \`database\`, \`X-ClickHouse-Database\`                      | \`spyglass\` or \`default\`, which means the same; \`system\`, with the readable tables below; others: code 81. |
| \`default_format\`, \`X-ClickHouse-Format\`                  | Any output format, the header before the parameter; not ${list(refusedFormats)}: code 73. |
| \`param_…\`                                                | Query parameters, 100 at most.                                                                    |
| \`query_id\`, \`quota_key\`, \`client_protocol_version\`       | Accepted.                                                                                         |
| \`session_id\`, \`session_timeout\`                          | Accepted. Readers cannot create session state; \`session_check=1\`: code 372.                     |
| \`wait_end_of_query\`, \`http_wait_end_of_query\`            | The response is buffered in full before its status is sent. \`buffer_size\` is accepted.          |
| \`enable_http_compression\` with \`Accept-Encoding\`         | The answer is compressed with gzip, zstd, br or deflate. Request bodies: the same.              |
| \`compress\`                                               | The answer is in ClickHouse's own compressed blocks (LZ4), as JDBC drivers ask for it. An error is plain text. |
| \`decompress\`                                             | The statement in the body is in such blocks: LZ4, ZSTD or uncompressed, with their checksums.     |
| \`role\`                                                   | Code 512.                                                                                         |
| \`send_progress_in_http_headers\`                          | Accepted; no progress header is sent.                                                             |

\`X-ClickHouse-Summary\` has only figures that are true; an unknown one is absent, never zero. \`result_rows\` and \`result_bytes\` (size of the body before
compression) are there in every format but \`Null\`, unless the response is streamed and longer than 1 MiB: then its end is not known when the headers are sent, so
ask with \`wait_end_of_query=1\`. The embedded engine reports what a statement read only within formats that carry statistics (\`JSON\`, \`JSONCompact\`,
\`JSONStrings\`, \`JSONColumnsWithMetadata\`, \`XML\`, \`JSONEachRowWithProgress\` …): there \`read_rows\` and \`read_bytes\` are the engine's;
\`total_rows_to_read\` is known with \`…WithProgress\` only.

## Settings

In the URL, in a form, or in \`SETTINGS\` clauses with literals as values. A clause inside a nested select applies to the whole statement. Other settings that
exist: code 164; unknown ones: code 115; a limit above the store's own: code 452.

- **Formats:** everything that starts with \`output_format_\`, \`input_format_\` or \`format_binary_\`, except those that name files or schemas, and
  ${list(freeSettings.formats)}
- **Meaning of a statement:** ${list(freeSettings.meaning)}
- **How it runs:** ${list(freeSettings.running)}, and \`join_algorithm\` except algorithms that write to disk
- **Limits, which can only be lowered:** ${list(Object.keys(limitedSettings(readerLimits(defaults))))}. \`max_execution_time\` above
  \`store.queryTimeoutMs\` in the URL means that limit.
- **Conditions in SQL:** \`additional_table_filters\` (Grafana's ad-hoc filters) and \`additional_result_filter\`. The gate checks them like a statement.
- **HTTP interface:** ${list(ownSettings)}
- \`readonly\` may be 1; \`cancel_http_readonly_queries_on_client_close\` may be 1, which is always in effect.

\`SELECT name, value, readonly FROM system.settings\` lists these settings as writable, and leaves out the others unless a literal of the statement
names one (\`WHERE name = 'readonly'\`).

## Statements

One \`SELECT\`, \`EXPLAIN\` of a \`SELECT\` in any of its forms, \`DESCRIBE\` of a table, function or subquery, or one of \`EXISTS\`, \`SHOW TABLES|DATABASES|COLUMNS|INDEXES|FUNCTIONS|ENGINES|SETTINGS|CREATE\`, also with \`LIKE\`, and where ClickHouse takes it with a \`WHERE\` that has no subquery (\`SHOW DICTIONARIES\` and \`SHOW TEMPORARY TABLES\` list none). Tables: those of \`spyglass\`, and of \`system\`
${list(READABLE_SYSTEM_TABLES)}; of \`information_schema\` ${list(INFORMATION_SCHEMA_VIEWS)}. Refused with code 392: functions that read files, dictionaries, models or the machine
(\`file\`, \`dictGet\`, \`hostName\`, \`displayName\` …), table functions other than \`numbers\`, \`generate_series\`, \`null\`, \`values\` and \`view\`, formats that read
schemas, and functions whose cost grows faster than the length of a value, because the engine cannot interrupt such a call:

${list(superlinearFunctions)}

\`ilike\`, \`position\`, \`countSubstrings\`, \`replaceOne\`, \`replaceAll\`, \`replaceRegexpOne\`, \`replaceRegexpAll\` and their relations, \`splitByString\`, \`JSON_VALUE\`,
\`JSON_QUERY\`, \`JSON_EXISTS\`, \`extractTextFromHTML\` and \`hasAll\` are refused only in a statement that makes a value longer than
10,000 itself, by \`repeat\`, \`space\`, \`leftPad\` and \`rightPad\`, or for \`hasAll\` by \`range\`, \`arrayWithConstant\` and \`arrayResize\`; for the others
also if such a list is joined to a text. The count may be computed or have an alias; one that comes from a column is not seen, and what it costs is ended by the time
limit below. Statements that are nested too
deeply or have too many parts get code 167, 306 or 168 and a sentence that says so.

Columns, aliases, tables' aliases and parameters of lambdas may have any name, also that of a refused function or table.

\`currentUser()\` and its aliases give the reader's name, \`CURRENT_USER\`, \`SESSION_USER\` and \`USER\` also without brackets, unless the
statement gives that name to something else.

Paths in \`system.tables\` and \`system.databases\` do not reveal the location of the data folder (Linux).

## Time limits and fair sharing

- The time limit of a statement (\`store.queryTimeoutMs\`, or a lower \`max_execution_time\`) counts from the moment it gets a session. At limit +
  \`store.queryGraceMs\` the client gets an answer with code 159, whatever the engine does. Waiting for a session has its own limit
  (\`store.queueTimeoutMs\`, or a lower \`queue_max_wait_ms\`); then the answer is 503 with code 202 and \`Retry-After\`. If the client disconnects, its statement is cancelled.
- If the engine has not released the session \`store.queryPatienceMs\` later, its process is replaced, which takes about a second. Meanwhile
  statements get 503 with code 203 and \`Retry-After\`, inserts wait in the write-ahead log, and connections stay open.
- The client that sent the statement is refused for 30 s. The time doubles with each repetition within an hour, up to 15 minutes. A user that causes it
  from three addresses is refused from all addresses. Console, alert rules and inserts of the server itself are refused for 30 s each time, each by itself.
- A client is a user and an address (for IPv6, the /64 network). The last free session is lent only to a client that has none, and a free session goes
  to the client that has the fewest. All people behind one address, for example behind Grafana, are one client: with the default of three sessions, two of
  their statements run at a time. Several addresses of one user are several clients.
- The console has two dedicated sessions, alert rules one, and inserts one.

## Errors

Text, \`X-ClickHouse-Exception-Code\` and status as ClickHouse gives them, with three exceptions: 164 is status 403, 202 and 203 are status 503 with \`Retry-After\`.

An error in the middle of a streamed answer, that of the time limit too, is the end of its body, framed by the tag of \`X-ClickHouse-Exception-Tag\` as since ClickHouse 25.11; then the
response ends in order. A client that does not read is cut off.

## Integration tests of \`clickhouse-js\`

Of 326 tests of August 2026, run against a server of Spyglass with the reader's credentials, 157 pass, 37 are skipped by the suite itself for a server of this
kind, and 132 fail: 129 write, create tables or set what only they need; one reads \`system.query_log\`; one logs in as a user of its own, and one asks for a
server on port 8123 without a password. No other answer differs.
`

export const clickhouseCompatibilityPage = (): string => document('ClickHouse compatibility', introduction, [text.trim()])
