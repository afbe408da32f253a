/** How a command is declared. */

export interface OptionDeclaration {
  /** Name of the value; if omitted, the option is a flag. */
  readonly value?: string
  readonly description: string
  /** It may be given several times; its values are joined by commas. */
  readonly isList?: boolean
  /** One letter that means the same. */
  readonly short?: string
  /** What the shell completes the value with. Default: nothing. */
  readonly completes?: 'file' | 'folder'
}

export interface CommandDeclaration {
  /** Words after `spyglass`. */
  readonly name: string
  /** As in the usage line: `NAME…` for one or more, `[NAME…]` for any number, `[NAME]` for at most one. */
  readonly arguments?: string
  readonly summary: string
  readonly options: Readonly<Record<string, OptionDeclaration>>
  /** Whether options that are not declared are arguments of what it invokes: `--seconds 10` as `seconds=10`. */
  readonly handsOnOptions?: boolean
  readonly examples: readonly string[]
  /** Whether it may be used in `spyglass shell`: it speaks to a running server. */
  readonly isForServer?: boolean
  /** For scripts of ours: not in the help. */
  readonly isInternal?: boolean
  /** What the shell completes its arguments with. Default: nothing. */
  readonly completes?: 'names' | 'settings' | 'configured' | 'entries' | 'operations' | 'applications' | 'shells'
}
