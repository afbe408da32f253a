/** Every declared kind, ours and the platform's: what a registry needs to take in pushes. */
import { allKinds } from './kinds.ts'
import { allPlatformKinds } from './platform/index.ts'
import type { ResourceKind } from '@spyglass/agent/contract'

export const allDeclaredKinds: readonly ResourceKind[] = [...allKinds, ...allPlatformKinds]

const byName: ReadonlyMap<string, ResourceKind> = new Map(allDeclaredKinds.map((kind) => [kind.name, kind]))

/** The declaration of this name: `createRegistry({ kindNamed })`. */
export function kindNamed(name: string): ResourceKind | undefined {
  return byName.get(name)
}
