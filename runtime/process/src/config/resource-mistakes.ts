/** What is wrong with resources: names that no list has, and settings of an entry that contradict each other. */
import { type ResourceList, resourceLists, resourceSettings } from '../settings/index.ts'
import type { Mistake } from './mistake.ts'
import type { DatasourceConfig, SpyglassConfig } from './schema.ts'

/** The path begins at the entry. */
type EntryMistakes<Entry> = (entry: Entry) => readonly Mistake[]

const mistakesIn: { readonly [L in ResourceList]: EntryMistakes<SpyglassConfig[L][number]> } = {
  datasources: datasourceMistakes,
}

export function resourceMistakes(config: SpyglassConfig): Mistake[] {
  return resourceLists.flatMap((list) => [
    ...unknownResources(list, config),
    ...config[list].flatMap((entry, i) =>
      mistakesIn[list](entry).map((mistake) => ({ ...mistake, path: `${list}[${i}].${mistake.path}` })),
    ),
  ])
}

function unknownResources(list: ResourceList, { applications, ...config }: SpyglassConfig): Mistake[] {
  const known = config[list].map(({ name }) => name)
  return applications.flatMap((application, i) =>
    application[list].flatMap((name, at) =>
      known.includes(name)
        ? []
        : [{ path: `applications[${i}].${list}[${at}]`, message: unknownName(resourceSettings[list].kind, name, known) }],
    ),
  )
}

export const unknownName = (what: string, name: string, known: readonly string[]): string =>
  `${JSON.stringify(name)}: no such ${what}; configured: ${known.join(', ') || 'none'}`

function datasourceMistakes({ min, max }: DatasourceConfig): Mistake[] {
  return min > max ? [{ path: 'min', message: `${min}: must not exceed max, which is ${max}` }] : []
}
