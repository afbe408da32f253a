/** MBeanInfo of a kind, as `list` shows it: derived from the declaration. */
import { type OpenType, type OperationDeclaration, type Operations, type ResourceKind, events } from '@spyglass/agent/contract'
import { platformKinds } from '../kinds/index.ts'
import { javaTypeOf, openTypeOf } from './java-types.ts'

/** A JSON object without a prototype: keys come from declarations and names, and one of them may be `__proto__`. */
export type Info = { [key: string]: unknown }

export interface InfoOptions {
  readonly openTypes: boolean
  readonly listInterfaces: boolean
}

const PLATFORM_OBJECT = 'java.lang.management.PlatformManagedObject'
const EMITTER = 'javax.management.NotificationEmitter'

/**
 * The MBeanInfo of a kind. Like the reference, it omits empty sections. Operations are those that `exec` allows, which is why those of the
 * kind are not shown.
 */
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

function operationInfo({ arguments: args = {}, result, description }: OperationDeclaration, { openTypes }: InfoOptions): Info {
  return {
    args: Object.entries(args).map(([name, { type, description: desc }]) => ({
      name,
      type: javaTypeOf(type),
      desc,
      ...(openTypes ? { openType: openTypeOf(type) } : {}),
    })),
    ret: result === undefined ? 'void' : javaTypeOf(result),
    ...(openTypes ? { openRet: result === undefined ? 'java.lang.Void' : openTypeOf(result) } : {}),
    desc: description,
  }
}

function notificationTypesOf({ name, events: own = [] }: ResourceKind): readonly string[] {
  return name === platformKinds.events.name ? Object.keys(events) : own
}

function notificationInfo(types: readonly string[]): Info {
  const name = 'javax.management.Notification'
  return { [name]: { types, name, desc: 'The event as userData: incident id, phase, severity, resource, time, attributes, holders.' } }
}
