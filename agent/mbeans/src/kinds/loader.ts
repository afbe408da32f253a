import { declareKind } from '@spyglass/agent/contract'

/** The modules of an application, and where they come from. */
export const loader = declareKind({
  name: 'loader',
  domain: 'spyglass',
  type: 'Loader',
  keys: ['instance', 'application'],
  description: 'The loader of one application in one instance: where its modules come from, and which are loaded.',
  attributes: {
    instance: { type: 'string', role: 'key', label: 'process', description: 'Instance that hosts the application.' },
    application: { type: 'string', role: 'key', label: 'name', description: 'Name of the application.' },
    root: { type: 'string', role: 'text', description: 'Folder above which nothing is resolved.' },
    repositories: { type: { array: 'string' }, role: 'text', description: 'Further folders with packages, in the order of the search.' },
    loadedModules: { type: 'int', role: 'gauge', unit: '{module}', description: 'Files that the application has loaded as modules.' },
    packages: { type: { array: 'string' }, role: 'text', description: 'Packages that it has loaded, as `name@version`.' },
    cachedModules: { type: 'int', role: 'gauge', unit: '{module}', description: 'Entries in the cache of what was found.' },
    cacheHits: { type: 'long', role: 'counter', unit: '{lookup}', description: 'Lookups answered from the cache.' },
    cacheMisses: { type: 'long', role: 'counter', unit: '{lookup}', description: 'Lookups that searched the disk.' },
    missingModules: { type: 'int', role: 'gauge', unit: '{module}', description: 'Packages known not to be there.' },
    missingHits: { type: 'long', role: 'counter', unit: '{lookup}', description: 'Lookups of those, answered without a search.' },
    deniedModules: { type: 'long', role: 'counter', unit: '{lookup}', description: 'Lookups that a rule denied.' },
    reloadable: { type: 'boolean', role: 'text', description: 'Whether the application is reloaded when its files change.' },
    modified: { type: 'long', role: 'counter', unit: '{change}', description: 'Changes of its files that two looks agreed on.' },
  },
})
