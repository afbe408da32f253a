/**
 * npm omits an optional package from the lock file when the registry it was made with does not have that platform, and `npm ci` then
 * refuses the lock file on every platform. This finds such gaps and fills them. A filled entry has no integrity hash until npm can
 * fetch it: remove the entry, run `npm install --package-lock-only` against a registry that has the package, and npm writes the hash.
 */

export interface LockEntry {
  readonly version?: string
  readonly integrity?: string
  /** A workspace. */
  readonly link?: boolean
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export type LockPackages = Readonly<Record<string, LockEntry>>

/** The entries that the lock file lacks, by path. */
export function missingEntries(packages: LockPackages): Record<string, LockEntry> {
  const missing: Record<string, LockEntry> = {}
  for (const [parent, { optionalDependencies, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies ?? {})) {
      const path = `node_modules/${name}`
      const isExact = /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)
      if (!isExact || packages[path] || packages[`${parent}/${path}`]) continue
      missing[path] = { version, ...platformOf(name), ...(dev ? { dev } : {}), optional: true }
    }
  }
  return missing
}

/** Names of the packages that npm would install without checking what it downloaded. */
export function unverifiedPackages(packages: LockPackages): string[] {
  return Object.entries(packages)
    .filter(([path, { link, integrity }]) => path.includes('node_modules/') && !link && !integrity)
    .map(([path]) => path.replace(/^.*node_modules\//, ''))
}

/** The lock file's packages with the missing entries, in npm's order. */
export function completePackages(packages: LockPackages): LockPackages {
  const all = Object.entries({ ...packages, ...missingEntries(packages) })
  return Object.fromEntries(all.sort(([a], [b]) => a.localeCompare(b, 'en')))
}

const OPERATING_SYSTEMS = /(?:^|[-/])(android|darwin|freebsd|linux|openharmony|win32)-/
const PROCESSORS = /-(arm64|arm|x64|ia32|ppc64|riscv64|s390x)(?:-|$)/
const LIBRARIES: Readonly<Record<string, string>> = { musl: 'musl', gnu: 'glibc' }

/** `@oxlint/binding-linux-arm64-musl` → linux, arm64, musl. */
function platformOf(name: string): Pick<LockEntry, 'os' | 'cpu' | 'libc'> {
  const os = OPERATING_SYSTEMS.exec(name)?.[1]
  const cpu = PROCESSORS.exec(name)?.[1]
  const libc = os === 'linux' ? LIBRARIES[/-(musl|gnu)$/.exec(name)?.[1] ?? ''] : undefined
  return { ...(cpu ? { cpu: [cpu] } : {}), ...(libc ? { libc: [libc] } : {}), ...(os ? { os: [os] } : {}) }
}
