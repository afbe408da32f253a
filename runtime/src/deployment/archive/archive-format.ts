/** Which files are archives, by their names. */

export type ArchiveFormat = 'tar.gz' | 'tar' | 'zip'

const ENDINGS: readonly (readonly [RegExp, ArchiveFormat])[] = [
  [/\.(tgz|tar\.gz)$/i, 'tar.gz'],
  [/\.tar$/i, 'tar'],
  [/\.zip$/i, 'zip'],
]

export const archiveFormat = (name: string): ArchiveFormat | undefined => ENDINGS.find(([ending]) => ending.test(name))?.[1]

/** The name of an archive without its ending. */
export const withoutEnding = (name: string): string => ENDINGS.reduce((rest, [ending]) => rest.replace(ending, ''), name)
