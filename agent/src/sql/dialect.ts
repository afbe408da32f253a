/**
 * The lexical rules of each database that decide where a literal begins and ends. `db.system.name` names the dialect; it
 * is never guessed. Sources: the lexical chapters of the databases' manuals, named beside each entry where they differ from the standard.
 */

/**
 * Whether a backslash escapes the next character of a string. `maybe…`: this depends on a setting of the server or session that is not known here,
 * so both readings are tried, the named one first. `unknown`: a text is cut where it matters.
 */
export type Backslash = 'plain' | 'escape' | 'maybe-plain' | 'maybe-escape' | 'unknown'

export interface Dialect {
  readonly backslash: Backslash
  /** What double quotes hold. `either`: a name where only a name can stand, a string elsewhere. */
  readonly doubleQuote: 'name' | 'string' | 'either'
  /** What `[` begins: a name, an array, or either. */
  readonly bracket: 'name' | 'array' | 'unknown'
  readonly hash: 'comment' | 'operator' | 'unknown'
  /** `spaced`: two dashes are a comment only before white space. */
  readonly dashes: 'comment' | 'spaced' | 'operator' | 'unknown'
  readonly slashes: 'comment' | 'operator' | 'unknown'
  /** Whether block comments hold block comments. */
  readonly nested: boolean | 'unknown'
  /** `$tag$…$tag$` is a string. */
  readonly dollarQuote: boolean
  /** `'''…'''` and `"""…"""` are strings. */
  readonly tripleQuote: boolean
  /** `q'[…]'` is a string. */
  readonly qQuote: boolean | 'unknown'
  /** `‘…’` is a string, `“…”` a name. */
  readonly curlyQuotes: boolean
  /** Words without quotes are strings among the arguments of EXEC. */
  readonly bareArguments: boolean
  /** `=~ /…/` is a literal. */
  readonly regex: boolean
  /** The content of `/*!` comments is executed. */
  readonly executableComments: boolean
  /** `INSERT … FORMAT name` is followed by data. */
  readonly formats: boolean
  /** Only texts that start like SQL are read. */
  readonly sqlOnly: boolean
}

const standard: Dialect = {
  backslash: 'plain',
  doubleQuote: 'name',
  bracket: 'array',
  hash: 'operator',
  dashes: 'comment',
  slashes: 'operator',
  nested: false,
  dollarQuote: false,
  tripleQuote: false,
  qQuote: false,
  curlyQuotes: false,
  bareArguments: false,
  regex: false,
  executableComments: false,
  formats: false,
  sqlOnly: false,
}

/** Backslashes escape if standard_conforming_strings is off, and in Redshift, which calls itself PostgreSQL. */
const postgresql: Dialect = { ...standard, backslash: 'maybe-plain', nested: true, dollarQuote: true }
/**
 * NO_BACKSLASH_ESCAPES turns escapes off. ANSI_QUOTES turns double-quoted strings into names; they are still treated as strings. Programs in
 * JavaScript stand between dollars.
 */
const mysql: Dialect = {
  ...standard,
  backslash: 'maybe-escape',
  doubleQuote: 'string',
  hash: 'comment',
  dashes: 'spaced',
  dollarQuote: true,
  executableComments: true,
}
/** A double-quoted name that matches no column is read as a string. */
const sqlite: Dialect = { ...standard, doubleQuote: 'either', bracket: 'name' }
/** With QUOTED_IDENTIFIER OFF, double quotes hold strings. */
const sqlServer: Dialect = { ...standard, doubleQuote: 'either', bracket: 'name', nested: true, bareArguments: true }
const oracle: Dialect = { ...standard, qQuote: true }
const db2: Dialect = { ...standard, nested: 'unknown' }
/** Bodies of functions stand between dollars; in H2, any text. */
const h2: Dialect = { ...db2, dollarQuote: true }
const clickhouse: Dialect = {
  ...standard,
  backslash: 'escape',
  dollarQuote: true,
  curlyQuotes: true,
  hash: 'comment',
  nested: 'unknown',
  formats: true,
}
const snowflake: Dialect = { ...standard, backslash: 'escape', dollarQuote: true, slashes: 'comment' }
const bigquery: Dialect = { ...standard, backslash: 'escape', doubleQuote: 'string', hash: 'comment', tripleQuote: true }
const spark: Dialect = { ...standard, backslash: 'maybe-escape', doubleQuote: 'string', nested: 'unknown' }
const informix: Dialect = { ...standard, doubleQuote: 'string' }
const duckdb: Dialect = { ...standard, nested: true, dollarQuote: true }
const cql: Dialect = { ...standard, dollarQuote: true, slashes: 'comment' }
const cypher: Dialect = { ...standard, backslash: 'escape', doubleQuote: 'string', dashes: 'operator', slashes: 'comment' }
const n1ql: Dialect = { ...standard, backslash: 'maybe-escape', doubleQuote: 'string' }
const influxql: Dialect = { ...standard, backslash: 'maybe-escape', regex: true }
/** InfluxDB's other language. */
const flux: Dialect = {
  ...standard,
  backslash: 'escape',
  doubleQuote: 'string',
  dashes: 'operator',
  slashes: 'comment',
  regex: true,
}
const graphql: Dialect = {
  ...standard,
  backslash: 'escape',
  doubleQuote: 'string',
  hash: 'comment',
  dashes: 'operator',
  tripleQuote: true,
}

/** Whatever could be a literal in some dialect is one. Where dialects disagree about its end, the text is cut. */
const unknown: Dialect = {
  backslash: 'unknown',
  doubleQuote: 'string',
  bracket: 'unknown',
  hash: 'unknown',
  dashes: 'unknown',
  slashes: 'unknown',
  nested: 'unknown',
  dollarQuote: true,
  tripleQuote: true,
  qQuote: 'unknown',
  curlyQuotes: true,
  bareArguments: true,
  regex: false,
  executableComments: false,
  formats: true,
  sqlOnly: true,
}

/** By `db.system.name`, and the older names of `db.system`. */
const dialects = new Map<string, Dialect>([
  ...named(postgresql, 'postgresql postgres aws.redshift redshift cockroachdb edb greenplum timescaledb yugabytedb alloydb vertica'),
  ...named(mysql, 'mysql mariadb tidb singlestore memsql aurora.mysql'),
  ...named(sqlite, 'sqlite libsql turso d1'),
  ...named(sqlServer, 'microsoft.sql_server mssql mssqlcompact sqlserver sybase azure.sql'),
  ...named(oracle, 'oracle oracle.db firebird firebirdsql interbase'),
  ...named(db2, 'db2 ibm.db2 hsqldb derby cloudscape ibm.netezza netezza teradata hanadb sap.hana maxdb sap.maxdb'),
  ...named(h2, 'h2 h2database trino presto'),
  ...named(clickhouse, 'clickhouse'),
  ...named(snowflake, 'snowflake'),
  ...named(bigquery, 'bigquery gcp.bigquery spanner gcp.spanner'),
  ...named(spark, 'spark databricks hive impala'),
  ...named(informix, 'informix ibm.informix ingres actian.ingres'),
  ...named(duckdb, 'duckdb'),
  ...named(cql, 'cassandra scylladb'),
  ...named(cypher, 'neo4j memgraph'),
  ...named(n1ql, 'couchbase cosmosdb azure.cosmosdb'),
  ...named(influxql, 'influxdb'),
  ...named(flux, 'flux'),
  ...named(graphql, 'graphql'),
])

function named(dialect: Dialect, systems: string): [string, Dialect][] {
  return systems.split(' ').map((system) => [system, dialect])
}

/** The dialect of a `db.system.name`. Unknown systems and the empty name get the safest reading. */
export function dialectOf(system: string): Dialect {
  return dialects.get(system) ?? dialects.get(system.toLowerCase()) ?? unknown
}
