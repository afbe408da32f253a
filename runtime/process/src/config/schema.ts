/** The zod schema of spyglass.yaml, made from the declared settings. All our processes may read it; the agent never does. */
import { z } from 'zod'
import {
  type List,
  type Node,
  type Section,
  type Setting,
  type Settings,
  type SpyglassConfig as Config,
  type TextCheck,
  spyglassSettings,
} from '../settings/index.ts'

export type {
  ApplicationConfig,
  CacheConfig,
  DatasourceConfig,
  HostConfig,
  HttpClientConfig,
  ListenerConfig,
  JobsConfig,
  WorkerPoolConfig,
  MailServerConfig,
  RateLimitConfig,
  ReceiverConfig,
  RealmConfig,
  RedisServerConfig,
  SessionConfig,
  TrapTargetConfig,
} from '../settings/index.ts'

export type SpyglassConfig = Config
/** Its type is that of the declarations, which the schema is made from: a test compares what both accept. */
export const SpyglassConfig = objectOf(spyglassSettings) as unknown as z.ZodType<Config>

function objectOf(settings: Settings): z.ZodObject {
  return z.strictObject(Object.fromEntries(Object.entries(settings).map(([name, node]) => [name, schemaOf(node)])))
}

function schemaOf(node: Node): z.ZodType {
  if (node.type === 'section') return objectOf((node satisfies Section).settings).prefault({})
  if (node.type === 'list') return listOf(node)
  const schema = valueOf(node)
  if (node.default !== undefined) return schema.default(node.default)
  return node.required ? schema : schema.optional()
}

/** The default of a list is completed like what a file holds. */
function listOf({ settings, minLength = 0, default: entries }: List): z.ZodType {
  const list = z.array(objectOf(settings))
  return (minLength > 0 ? list.min(minLength) : list).prefault(entries.map((entry) => ({ ...entry })))
}

function valueOf(setting: Setting): z.ZodType {
  switch (setting.type) {
    case 'int':
      return setting.max === undefined ? z.int().min(setting.min) : z.int().min(setting.min).max(setting.max)
    case 'boolean':
      return z.boolean()
    case 'choice':
      return z.enum(setting.values as [string, ...string[]])
    case 'url':
      return z.url({ protocol: /^https?$/ })
    case 'texts':
      return z.array(textOf(setting.each))
    case 'map':
      return z.record(z.string(), z.string())
    default:
      return textOf(setting)
  }
}

/** Also what secrets.yaml demands of a text. */
export function textOf({
  minLength = 0,
  checks = [],
}: {
  readonly minLength?: number
  readonly checks?: readonly TextCheck[]
}): z.ZodType<string> {
  let schema = minLength > 0 ? z.string().min(minLength) : z.string()
  for (const { is, allowed } of checks) schema = is instanceof RegExp ? schema.regex(is, allowed) : schema.refine(is, allowed)
  return schema
}
