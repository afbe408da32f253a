/** Sections and lists of spyglass.yaml as places of the API. */
import { type List, type Section, type Settings, spyglassSettings } from '../../settings/index.ts'

/** A group as a place of the API: `listeners/{name}/certificates`. */
export interface Place {
  readonly group: Section | List
  /** Parts of its dotted name; `{parameter}` for the name of an entry. */
  readonly parts: readonly string[]
  /** Its path through the declarations, which names its schema. */
  readonly schema: string
}

/** All sections and lists, outer ones first. */
export function places(
  settings: Settings = spyglassSettings,
  above: Pick<Place, 'parts' | 'schema'> = { parts: [], schema: '' },
): readonly Place[] {
  return Object.entries(settings).flatMap(([name, node]): readonly Place[] => {
    if (node.type !== 'section' && node.type !== 'list') return []
    const place = { group: node, parts: [...above.parts, name], schema: above.schema === '' ? name : `${above.schema}.${name}` }
    const inside = node.type === 'list' ? [...place.parts, entryParameter(place)] : place.parts
    return [place, ...places(node.settings, { parts: inside, schema: place.schema })]
  })
}

/** `{name}` at the top; of a list within an entry after the list. */
export function entryParameter({ parts }: Pick<Place, 'parts'>): string {
  return parts.some((part) => part.startsWith('{')) ? `{${parts.at(-1)}Name}` : '{name}'
}
