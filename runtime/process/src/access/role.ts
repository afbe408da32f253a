import { type Role, roles } from '@spyglass/agent/contract'

/** Somebody whose credentials were right: the name is what the history of changes shows. */
export interface Principal {
  readonly actor: string
  readonly role: Role
  /** What its rights come from: a session ends when that is taken away. */
  readonly source: string
}

/** Whether somebody in the first role may do what the second may: the one place where roles are compared. */
export const mayAct = (role: Role, needed: Role): boolean => roles.indexOf(role) >= roles.indexOf(needed)
