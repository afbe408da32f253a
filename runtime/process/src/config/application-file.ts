/** `spyglass.app.yaml`, which an application may carry in its folder: how it is started, beyond what its package.json says. */
import { readFileSync } from 'node:fs'
import { messageOf } from '@spyglass/agent/contract'
import { parse } from 'yaml'
import { z } from 'zod'
import { fail } from './errors.ts'

const Loader = z.strictObject({
  root: z.string().min(1).optional().meta({
    description:
      "Nothing is resolved above this folder, relative to the application's. Default: the application's folder, or the root of the npm or pnpm workspace that it is in.",
  }),
  repositories: z.array(z.string().min(1)).optional().meta({
    description: "Further folders with packages, relative to the application's, searched after its own.",
  }),
  rules: z
    .array(
      z.strictObject({
        match: z.string().min(1).meta({
          description:
            'A specifier, a package with all that is in it, or a file as `./path` relative to the folder; `*` stands for any characters.',
        }),
        order: z
          .enum(['application-first', 'parent-first', 'deny'])
          .meta({ description: 'Where it is looked for first, or that it is not.' }),
      }),
    )
    .optional()
    .meta({ description: 'Where single modules come from. The first rule that matches counts.' }),
  reloadable: z
    .boolean()
    .optional()
    .meta({ description: 'Whether the application is reloaded when a file that it has loaded changes. Default: false.' }),
  checkIntervalMs: z.int().min(100).max(3_600_000).optional().meta({
    description: 'How often its files are looked at; two looks must agree. Default: 15000.',
  }),
  preload: z
    .array(z.string().min(1))
    .optional()
    .meta({ description: 'Modules loaded before the program, so that no request waits for them.' }),
})

const Static = z.strictObject({
  folder: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "Folder of the files, relative to the application's. Default: the application's folder." }),
  index: z.string().min(1).optional().meta({ description: 'File served for a folder. Default: index.html.' }),
  fallback: z.string().min(1).optional().meta({ description: 'File served where nothing is found, for an application of one page.' }),
  maxAgeS: z.int().min(0).optional().meta({ description: 'How long clients may keep a file without asking. Default: 0.' }),
})

/** `*` stands for one whole segment; at the end, with the slash before it, for all that is below. Anything else would be for no path, and so protect none. */
const isPathOfRule = (path: string): boolean =>
  /^\/[^?#;\\%\s]*$/.test(path) &&
  path
    .slice(1)
    .split('/')
    .every(
      (segment, _at, all) =>
        (segment !== '' || all.length === 1) && segment !== '.' && segment !== '..' && (segment === '*' || !segment.includes('*')),
    )

const Access = z.strictObject({
  realm: z
    .string()
    .min(1)
    .meta({ description: 'Realm that says who a visitor is. The application has to use it: `realms` in spyglass.yaml.' }),
  rules: z
    .array(
      z.strictObject({
        path: z.string().refine(isPathOfRule, 'must be a path like /admin, /admin/* or /users/*/edit, decoded').meta({
          description:
            'Path as the application sees it, without its context path. `*` stands for one segment, and at the end for all that is below: `/admin/*` is for `/admin` as well.',
        }),
        methods: z
          .array(z.string().regex(/^[A-Za-z]+$/, 'must be the name of a method'))
          .min(1)
          .optional()
          .meta({ description: 'Methods that the rule is for. Default: all.' }),
        roles: z
          .array(z.string().min(1))
          .min(1)
          .optional()
          .meta({ description: 'A person needs one of them. Default: everybody who has signed in; `*` stands for everybody at all.' }),
      }),
    )
    .min(1)
    .meta({ description: 'The first rule that is for a request counts. What none is for is open to everybody.' }),
})

export const ApplicationFile = z.strictObject({
  entry: z.string().min(1).optional().meta({
    description:
      'Program or module to run, relative to the folder. Default: `exports` or `main` of package.json, else the program of `scripts.start`, else an index file.',
  }),
  import: z.array(z.string().min(1)).optional().meta({
    description: "Modules loaded before it, from the application's own packages: `[tsx]` runs TypeScript that Node cannot strip.",
  }),
  arguments: z.array(z.string()).optional().meta({ description: 'What the program finds in `process.argv` after its own path.' }),
  worker: z
    .boolean()
    .optional()
    .meta({ description: 'The program has no port: a consumer of queues, a scheduler. It is started once its module has run.' }),
  export: z
    .enum(['factory', 'handler', 'fastify-plugin'])
    .optional()
    .meta({ description: 'What an exported function is. Default: told from its parameters.' }),
  port: z.int().min(0).max(65_535).optional().meta({
    description:
      "Port in the program whose server gets the application's address. Default: the first TCP port other than 0 that it listens on.",
  }),
  static: Static.optional().meta({ description: 'Files are served instead of a program.' }),
  loader: Loader.optional().meta({ description: 'Where its modules come from.' }),
  access: Access.optional().meta({ description: 'Which roles may use which paths, checked before the application sees a request.' }),
  lifecycle: z.string().min(1).optional().meta({
    description: 'Module, relative to the folder, that exports any of the functions `started`, `stopping` and `stopped`.',
  }),
})

export type ApplicationFile = z.infer<typeof ApplicationFile>

/** @throws SPY_APPLICATION_FILE_INVALID, with every error listed */
export function loadApplicationFile(path: string): ApplicationFile {
  const parsed = ApplicationFile.safeParse(contentOf(path) ?? {})
  if (parsed.success) return parsed.data
  const mistakes = parsed.error.issues.map(({ path: at, message }) => `  ${at.map(String).join('.') || '(file)'}: ${message}`)
  throw fail('SPY_APPLICATION_FILE_INVALID', [path, mistakes.join('\n')])
}

function contentOf(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'), { logLevel: 'error' })
  } catch (error) {
    throw fail('SPY_APPLICATION_FILE_INVALID', [path, `  (file): ${messageOf(error)}`], error)
  }
}
