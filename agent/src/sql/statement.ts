/** Normalises the statements of any database: SQL by dialect, commands and documents by shape. */
import { normaliseCommands } from './commands.ts'
import { type Dialect, dialectOf } from './dialect.ts'
import { normaliseDocument } from './documents.ts'
import { normaliseSql } from './normalise.ts'

type Family = Dialect | 'commands' | 'documents'

const COMMAND_SYSTEMS = new Set('redis valkey keydb dragonfly memcached aws.elasticache.redis azure.redis'.split(' '))
const DOCUMENT_SYSTEMS = new Set('mongodb documentdb elasticsearch opensearch couchdb dynamodb aws.dynamodb'.split(' '))

const influxql = dialectOf('influxdb')
/** First words of InfluxQL. What else InfluxDB is sent is Flux, where double quotes hold strings, or lines of points, which are data. */
const INFLUXQL = /^[\s;(]*(?:alter|create|delete|drop|explain|grant|kill|revoke|select|set|show)\s/i
const FLUX = /^\s*(?:(?:import|option|package)\s|\/\/|\w+\s*=[^,]|\w+(?:\.\w+)?\()/

/** How the statements of a system are read. Systems that are read alike share one object. */
export function familyOf(system: string): Family {
  if (COMMAND_SYSTEMS.has(system)) return 'commands'
  return DOCUMENT_SYSTEMS.has(system) ? 'documents' : dialectOf(system)
}

/** Whether a system's statements are commands and their arguments, as those of Redis. */
export const isOfCommands = (system: string): boolean => COMMAND_SYSTEMS.has(system)

/** `system` is the `db.system.name`, or the older `db.system`. */
export function normaliseStatement(text: string, system: string): string {
  const family = familyOf(system)
  if (family === 'commands') return normaliseCommands(text)
  if (family === influxql && !INFLUXQL.test(text)) return FLUX.test(text) ? normaliseSql(text, 'flux') : '?'
  // Some systems accept both, as PartiQL and JSON.
  const isDocument =
    family === 'documents' ? !/^\s*(?:select|insert|update|delete)\s/i.test(text) : /^\s*[[{]/.test(text) && system !== 'graphql'
  return isDocument ? normaliseDocument(text) : normaliseSql(text, system)
}
