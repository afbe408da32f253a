/** What became of each instrumentation in this process. */
import { type Instrumentation } from './instrumentation.ts'
import { type Fit, fitOf, type PackageFile, versionIn } from './package-file.ts'

/** `failed`: the library does not have the form that is expected; `bundled`: it is in a file of the application, where no hook reaches it. */
export type Status = Fit | 'unseen' | 'failed' | 'bundled' | 'off'

export interface Sighting {
  readonly name: string
  readonly status: Status
  /** The version that was loaded, where it is known. */
  readonly version: string | undefined
  /** The file of a bundle. */
  readonly file?: string | undefined
}

export class Sightings {
  readonly #table: readonly Instrumentation[]
  readonly #found = new Map<string, Sighting>()
  /** By folder of the package: an application may have several versions of one. */
  readonly #fits = new Map<string, Fit>()

  constructor(table: readonly Instrumentation[], off: ReadonlySet<string>) {
    this.#table = table
    for (const { name } of table) if (off.has(name)) this.#found.set(name, { name, status: 'off', version: undefined })
  }

  /** A file of the package was loaded. Whether this copy of it is recorded. */
  loaded({ name, versions }: Instrumentation, { folder }: PackageFile): boolean {
    let fit = this.#fits.get(folder)
    if (!fit) {
      const version = versionIn(folder)
      fit = fitOf(version, versions)
      this.#fits.set(folder, fit)
      this.#set({ name, status: fit, version })
    }
    return fit === 'recorded'
  }

  /** A file of it is patched, perhaps in a bundle, whose version is not known. */
  patched(name: string): void {
    if (!this.#found.has(name)) this.#set({ name, status: 'recorded', version: undefined })
  }

  failed(name: string): void {
    this.#set({ name, status: 'failed', version: this.#found.get(name)?.version })
  }

  /** True the first time that the library is found in a bundle. */
  bundled(name: string, file: string): boolean {
    if (this.#found.has(name)) return false
    this.#set({ name, status: 'bundled', version: undefined, file })
    return true
  }

  /** In the order of the table. What is a part of Node is always recorded. */
  all(): Sighting[] {
    return this.#table.map(
      ({ name, package: library }) =>
        this.#found.get(name) ?? { name, status: library === undefined ? 'recorded' : 'unseen', version: undefined },
    )
  }

  /** What is worse stays: of two copies the one that is not recorded is what someone must know. */
  #set(sighting: Sighting): void {
    const present = this.#found.get(sighting.name)
    if (!present || present.status === 'recorded') this.#found.set(sighting.name, sighting)
  }
}
