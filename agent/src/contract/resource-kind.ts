/**
 * How a kind of managed resource is declared. One declaration gives the MBean with its notifications, the SNMP table, the Prometheus and
 * OpenTelemetry metrics, names and operations on the command line and in the HTTP API, and the reference: none of them is written by hand.
 */

import type { EventName } from './events.ts'

/** A value's type, after the JMX open types. */
export type OpenType =
  | 'int'
  | 'long'
  | 'double'
  | 'boolean'
  | 'string'
  | 'date'
  | 'objectName'
  | { readonly array: OpenType }
  | { readonly composite: string; readonly items: Readonly<Record<string, OpenType>> }
  | { readonly table: string; readonly row: Readonly<Record<string, OpenType>>; readonly index: readonly string[] }

/** `key`: names the resource; `gauge`: goes up and down; `counter`: only up until a restart; `state`: one of `values`; `text`: for people. */
export type AttributeRole = 'key' | 'gauge' | 'counter' | 'state' | 'text'

export interface AttributeDeclaration {
  /** The type as JMX and Jolokia show it. `date` is milliseconds since the epoch in the getter, ISO-8601 on the wire. */
  readonly type: OpenType
  readonly role: AttributeRole
  /** One or two sentences: what it counts, when it changes, what 0 means. */
  readonly description: string
  /** UCUM unit (`ms`, `s`, `us`, `By`, `1`, `{connection}`); omitted for states and texts. */
  readonly unit?: string
  /** The states in the order of their SNMP integers, which begin at 1. */
  readonly values?: readonly string[]
  /** Whether a state stays known while the process it is about is silent, because it is history that another process keeps. */
  readonly isHistory?: true
  /** Column in the SNMP table: never reused (oid-lock.json). If omitted, the attribute is not in the MIB. */
  readonly column?: number
  /**
   * Column that shows a 64-bit gauge again as a Gauge32: bytes in KiB, milliseconds in seconds. A 64-bit gauge travels as a Counter64,
   * which many managers chart as a rate.
   */
  readonly gauge32Column?: number
  /** SNMP has no floating point: the value is multiplied by this and rounded (1000 makes per mille). */
  readonly snmpScale?: number
  /** End of the name in the MIB, where the attribute's own makes more than the 32 characters that SMIv2 recommends (RFC 2578 §3.1). */
  readonly snmpName?: string
  /** OpenTelemetry instrument name, where the semantic conventions have one. Otherwise `spyglass.<kind>.<attribute>`. Of a key: the attribute of the points. */
  readonly otel?: string
  /** Of a gauge or counter that shares its instrument with another: what its points say of themselves beside the keys. */
  readonly otelAttributes?: Readonly<Record<string, string>>
  /**
   * Of a key: its label in Prometheus, where the name of the key will not do. Every key that names a process has the label `process`;
   * `instance` and `job` belong to the scraper. `false`: the key has no end of values (one for each incident), so that a metric adds up
   * over it.
   */
  readonly label?: string | false
  /** `false`: excluded from Prometheus and OTel metrics although it is a number. */
  readonly metric?: boolean
}

/** Each role may do what those before it may. */
export const roles = ['viewer', 'operator', 'administrator'] as const
export type Role = (typeof roles)[number]

export interface ArgumentDeclaration {
  readonly type: OpenType
  readonly description: string
  /** Whether it may be omitted. */
  readonly optional?: true
  /** What it may be, if there are only a few. */
  readonly values?: readonly string[]
  /** Its value never appears in the history. */
  readonly secret?: true
  /** A value that it accepts, for documents. */
  readonly example?: unknown
  /**
   * It is the path of an archive: the HTTP API accepts the archive itself as well. The argument named here is what the user calls the archive; with
   * it, the history shows that instead of the path.
   */
  readonly archiveNamedBy?: string
  /** It holds settings of an entry of this list of spyglass.yaml. */
  readonly settingsOf?: string
}

export interface OperationDeclaration {
  readonly description: string
  /** The lowest role that may invoke it. */
  readonly role: Role
  /** As in a JMX MBeanOperationInfo. `info`: it only reads; `action`: it changes something. */
  readonly impact: 'info' | 'action'
  /** In the order in which MBean clients pass them. */
  readonly arguments?: Readonly<Record<string, ArgumentDeclaration>>
  /** Type of the result; by default there is none. */
  readonly result?: OpenType
  /** Its result is a list that grows: the HTTP API also sends what comes as it comes, for a client that asks to follow it. */
  readonly follows?: true
  /** Its result never appears in the history. */
  readonly secretResult?: true
  /**
   * Who carries it out where several processes have the resource and none is named. `each`: all of them; lists are joined, counts added, and one yes
   * is a yes. `any`: one of them. By default a process must be named, since what it is about belongs to one.
   */
  readonly amongMany?: 'each' | 'any'
}

export type Operations = Readonly<Record<string, OperationDeclaration>>

export interface ResourceKind {
  /** Singular, camelCase: `datasource`, `eventLoop`. The first part of metric names and of dotted names. */
  readonly name: string
  /** Domain of its ObjectName: `spyglass`, `java.lang`, `Catalina` … */
  readonly domain: string
  /** Value of the key `type` in its ObjectName; `{name}` in it stands for the value of that key, which then is no key of its own. */
  readonly type: string
  /** The other keys of its ObjectName, in this order; their values name one resource of this kind. */
  readonly keys: readonly string[]
  readonly description: string
  /** Java class name shown in MBeanInfo; clients show it and nothing depends on it. */
  readonly className?: string
  /** Java interfaces of the platform that the MBean has, so that typed clients make their proxies: `java.lang.management.MemoryMXBean`. */
  readonly mxBeans?: readonly string[]
  /** Number of its SNMP table under the objects subtree: never reused. If omitted, the kind is not in the MIB. */
  readonly table?: number
  /** `false`: none of its attributes is a metric, since it shows the values of other kinds under names that tools know. */
  readonly metrics?: false
  readonly attributes: Readonly<Record<string, AttributeDeclaration>>
  /**
   * What can be done with a resource of this kind. What can be set is declared in `@spyglass/process/settings`, because MBeans,
   * which show the kinds, read no setting of the server.
   */
  readonly operations?: Operations
  /** Events that resources of this kind emit: notifications of the MBean. */
  readonly events?: readonly EventName[]
}

type OpenValue<T extends OpenType> = T extends 'int' | 'double' | 'date'
  ? number
  : T extends 'long'
    ? number | bigint
    : T extends 'boolean'
      ? boolean
      : T extends 'string' | 'objectName'
        ? string
        : T extends { array: infer Item extends OpenType }
          ? readonly OpenValue<Item>[]
          : T extends { composite: string; items: infer Items extends Readonly<Record<string, OpenType>> }
            ? { readonly [K in keyof Items]: OpenValue<Items[K]> }
            : T extends { row: infer Row extends Readonly<Record<string, OpenType>> }
              ? readonly { readonly [K in keyof Row]: OpenValue<Row[K]> }[]
              : unknown

/** The getters a registration of kind `K` must bring: one for each attribute; `undefined` says "not known now". */
export type Getters<K extends ResourceKind> = {
  readonly [A in keyof K['attributes']]: () => OpenValue<K['attributes'][A]['type']> | undefined
}

/** An attribute value as it is sent. `undefined` is never sent: the attribute is omitted. */
export type AttributeValue = number | bigint | boolean | string | readonly AttributeValue[] | { readonly [item: string]: AttributeValue }

/** The values of an ObjectName's keys: `{ instance: 'http-1', name: 'shop' }`. */
export type ResourceKeys = Readonly<Record<string, string>>

/** Declares a kind with its literal types kept, so that {@link Getters} can be exact. */
export function declareKind<const K extends ResourceKind>(kind: K): K {
  return kind
}
