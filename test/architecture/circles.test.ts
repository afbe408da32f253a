import { dirname, join, normalize } from 'node:path/posix'
import { expect, test } from 'vitest'
import { importsOf, projectFiles, readProjectFile, workspaceOf } from '../support/sources.ts'

/** `from` and `to` lie in `folder`: folders, or files directly in it. `because` is an import that makes the edge. */
interface Edge {
  readonly folder: string
  readonly from: string
  readonly to: string
  readonly because: string
}

/**
 * What an import says about folders: the two parts in which the paths differ first. `store/gate/gate.ts` that imports `store/session.ts`
 * is an edge from `gate` to `session.ts` in `store`: a folder may build on files of the folder it lies in, as long as these do not
 * build on it.
 */
function edgeOf(file: string, target: string): Edge | undefined {
  const [from, to] = [file.split('/'), target.split('/')]
  const differ = from.findIndex((part, index) => part !== to[index])
  if (differ < 0) return undefined
  return { folder: from.slice(0, differ).join('/'), from: from[differ] ?? '', to: to[differ] ?? '', because: `${file} imports ${target}` }
}

/** The edges that are left when all parts that import nothing, or that nothing imports, are taken away again and again. */
function circles(edges: readonly Edge[]): readonly Edge[] {
  const sources = new Set(edges.map(({ folder, from }) => join(folder, from)))
  const targets = new Set(edges.map(({ folder, to }) => join(folder, to)))
  const left = edges.filter(({ folder, from, to }) => sources.has(join(folder, to)) && targets.has(join(folder, from)))
  return left.length === edges.length ? left : circles(left)
}

const edges = projectFiles()
  .filter((path) => workspaceOf(path) !== undefined && /\/src\/.+\.(ts|js)$/.test(path))
  .flatMap((file) =>
    importsOf(readProjectFile(file))
      .filter((specifier) => specifier.startsWith('.'))
      .flatMap((specifier) => edgeOf(file, normalize(join(dirname(file), specifier))) ?? []),
  )

test('in no folder of the sources do two parts import each other, by whatever way round, types included', () => {
  expect(edges.length).toBeGreaterThan(500)
  expect(circles(edges).map(({ because }) => because)).toEqual([])
})

test.each([
  [
    'two folders',
    [
      ['src/a/x.ts', 'src/b/y.ts'],
      ['src/b/z.ts', 'src/a/w.ts'],
    ],
    2,
  ],
  [
    'three folders',
    [
      ['src/a/x.ts', 'src/b/y.ts'],
      ['src/b/y.ts', 'src/c/z.ts'],
      ['src/c/w.ts', 'src/a/v.ts'],
    ],
    3,
  ],
  [
    'a folder and a file beside it',
    [
      ['src/a/x.ts', 'src/b.ts'],
      ['src/b.ts', 'src/a/y.ts'],
    ],
    2,
  ],
  [
    'folders below one folder, and one that only imports them',
    [
      ['src/a/b/x.ts', 'src/a/c/y.ts'],
      ['src/a/c/z.ts', 'src/a/b/x.ts'],
      ['src/d.ts', 'src/a/b/x.ts'],
    ],
    2,
  ],
  [
    'no circle: a folder that builds on a file beside it',
    [
      ['src/a/x.ts', 'src/b.ts'],
      ['src/c.ts', 'src/a/y.ts'],
      ['src/c.ts', 'src/b.ts'],
    ],
    0,
  ],
] as const)('circles are found: %s', (_, imports, count) => {
  expect(circles(imports.flatMap(([file, target]) => edgeOf(file, target) ?? []))).toHaveLength(count)
})
