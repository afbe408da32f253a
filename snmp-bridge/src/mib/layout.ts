/** Where objects are under the configured root. None of these numbers ever changes. */
import type { Oid } from '../ber/oid.ts'

const NOTIFICATIONS = 0
const OBJECTS = 1
const CONFORMANCE = 2
const PRODUCTS = 3

/** Under the conformance subtree. */
export const COMPLIANCES = 1

/** Under the objects subtree, beyond the tables of the kinds. */
export const AGENT_OBJECTS = 100
export const EVENT_OBJECTS = 101

/** sysObjectID of the bridge. */
export const productOid = (root: Oid): Oid => [...root, PRODUCTS, 1]
/** The compliance statement of SPYGLASS-MIB: what sysORTable lists. */
export const complianceOid = (root: Oid): Oid => [...root, CONFORMANCE, COMPLIANCES, 1]
export const objectOid = (root: Oid, number: number): Oid => [...root, OBJECTS, number]
export const notificationOid = (root: Oid, number: number): Oid => [...root, NOTIFICATIONS, number]
/** A column of a table; row numbers follow. */
export const columnOid = (root: Oid, table: number, column: number): Oid => [...objectOid(root, table), 1, column]
