/** MBeanInfo of a kind, as `list` shows it: derived from the declaration. */
import { type EventName, type OpenType, type ResourceKind, events, platformKinds } from '@spyglass/agent/contract'
import { javaTypeOf, openTypeOf } from './java-types.ts'

/** A JSON object without a prototype: keys come from declarations and names, and one of them may be `__proto__`. */
export type Info = { [key: string]: unknown }

export interface InfoOptions {
  readonly openTypes: boolean
  readonly listInterfaces: boolean
}

export interface OperationDeclaration {
  readonly description: string
  readonly args: readonly { readonly name: string; readonly type: OpenType; readonly description: string }[]
  /** Type of the result; default: none. */
  readonly returns?: OpenType
}

const PLATFORM_OBJECT = 'java.lang.management.PlatformManagedObject'
const EMITTER = 'javax.management.NotificationEmitter'

/** Operations are few (only the notification store has one), so they are declared beside the kinds. */
export type Operations = Readonly<Record<string, OperationDeclaration>>

/** First part of event names, and the kind of the resource that emits them. */
const EMITTERS: Readonly<Record<string, string>> = {
  instance: 'instance',
  pool: 'datasource',
  application: 'application',
  server: 'server',
  process: 'server',
  segment: 'collector',
  state: 'server',
  alert: 'alert',
}

/** The MBeanInfo of a kind. Like the reference, it omits empty sections. */
export function beanInfoOf(kind: ResourceKind, options: InfoOptions, operations: Operations = {}): Info {
  const info: Info = newInfo()
  const op = mapInfo(operations, (operation) => operationInfo(operation, options))
  if (op) info['op'] = op
  const types = notificationTypesOf(kind)
  if (types.length > 0) info['notif'] = notificationInfo(types)
  if (options.listInterfaces) info['interfaces'] = interfacesOf(kind, types.length > 0)
  const attributes = mapInfo(kind.attributes, ({ type, description }) => attributeInfo(type, description, options))
  if (attributes) info['attr'] = attributes
  info['class'] = kind.className ?? `spyglass.${kind.name}`
  info['desc'] = kind.description
  return info
}

/** Java interfaces of the bean, from which clients create typed proxies. Every platform MXBean is a PlatformManagedObject. */
function interfacesOf({ mxBeans = [] }: ResourceKind, emits: boolean): readonly string[] {
  return [...mxBeans, ...(mxBeans.length > 0 ? [PLATFORM_OBJECT] : []), ...(emits ? [EMITTER] : [])]
}

export function newInfo(): Info {
  return Object.create(null) as Info
}

function mapInfo<T>(source: Readonly<Record<string, T>>, make: (value: T) => Info): Info | undefined {
  const entries = Object.entries(source)
  if (entries.length === 0) return undefined
  const info = newInfo()
  for (const [name, value] of entries) info[name] = make(value)
  return info
}

/** Everything is read-only as long as the policy refuses to write. */
function attributeInfo(type: OpenType, desc: string, { openTypes }: InfoOptions): Info {
  const info = { r: true, rw: false, w: false, is: type === 'boolean', type: javaTypeOf(type), desc }
  return openTypes ? { ...info, openType: openTypeOf(type) } : info
}

function operationInfo({ args, returns, description }: OperationDeclaration, { openTypes }: InfoOptions): Info {
  return {
    args: args.map(({ name, type, description: desc }) => ({
      name,
      type: javaTypeOf(type),
      desc,
      ...(openTypes ? { openType: openTypeOf(type) } : {}),
    })),
    ret: returns === undefined ? 'void' : javaTypeOf(returns),
    ...(openTypes ? { openRet: returns === undefined ? 'java.lang.Void' : openTypeOf(returns) } : {}),
    desc: description,
  }
}

function notificationTypesOf(kind: ResourceKind): readonly string[] {
  const all = Object.keys(events) as EventName[]
  return kind.name === platformKinds.events.name ? all : all.filter((name) => EMITTERS[name.split('.')[1] ?? ''] === kind.name)
}

function notificationInfo(types: readonly string[]): Info {
  const name = 'javax.management.Notification'
  return { [name]: { types, name, desc: 'The event as userData: incident id, phase, severity, resource, time, attributes, holders.' } }
}
