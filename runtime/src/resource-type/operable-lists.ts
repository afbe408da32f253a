/** The lists of resources in spyglass.yaml whose kinds have operations. The list names its kind; nobody else says which belong together. */
import type { Operations, ResourceKind } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import { type List, type ResourceList, resourceLists, resourceSettings } from '@spyglass/process/settings'

export interface OperableList {
  readonly list: ResourceList
  readonly kind: ResourceKind & { readonly operations: Operations }
  /** The process that is asked where only the name of an entry is given. */
  readonly keptBy: string | undefined
}

export const operableLists: readonly OperableList[] = resourceLists.flatMap((list): OperableList[] => {
  const { kind: name, keptBy }: List = resourceSettings[list]
  const kind: ResourceKind | undefined = name && kinds[name]
  return kind?.operations ? [{ list, kind: { ...kind, operations: kind.operations }, keptBy }] : []
})
