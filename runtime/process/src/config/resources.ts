/** Which resources applications use. */
import { type ResourceList, resourceLists, workerLists } from '../settings/index.ts'
import type { ApplicationConfig, SpyglassConfig } from './schema.ts'

/** Entries of each list of resources. */
export type ResourcesConfig = Pick<SpyglassConfig, ResourceList>

/** Those that the applications name. */
export function resourcesOf(config: ResourcesConfig, applications: readonly Pick<ApplicationConfig, ResourceList>[]): ResourcesConfig {
  const named = (list: ResourceList): ReadonlySet<string> => new Set(applications.flatMap((application) => application[list]))
  return resourcesOfEach((list) => {
    const entries: readonly { readonly name: string }[] = config[list]
    return entries.filter(({ name }) => named(list).has(name)) as ResourcesConfig[typeof list]
  })
}

/** An entry for each list. */
const resourcesOfEach = <L extends ResourceList>(of: (list: L) => ResourcesConfig[L]): ResourcesConfig =>
  Object.fromEntries(resourceLists.map((list) => [list, of(list as L)])) as unknown as ResourcesConfig

/** Those that a worker of node:cluster opens; their lists are the same, not copies. */
export const resourcesOfWorker = (resources: ResourcesConfig): ResourcesConfig =>
  resourcesOfEach((list) => (workerLists.includes(list) ? resources[list] : []))

/** Where a password is that is not in the configuration. */
export interface PasswordPlace {
  readonly kind: 'file' | 'env' | 'credential'
  /** Path, variable, or name of the credential. */
  readonly place: string
}

/** Where the passwords of resources are. */
export function passwordPlaces(resources: ResourcesConfig): readonly PasswordPlace[] {
  return Object.values(resources).flatMap((entries: readonly { readonly name: string; readonly passwordFrom?: string | undefined }[]) =>
    entries.flatMap(({ passwordFrom = '' }) => {
      const [, kind, place = ''] = /^(file|env|credential):(.*)$/.exec(passwordFrom) ?? []
      return kind === undefined ? [] : [{ kind: kind as PasswordPlace['kind'], place }]
    }),
  )
}
