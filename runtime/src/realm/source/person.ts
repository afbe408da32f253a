export interface Person {
  readonly name: string
  readonly roles: readonly string[]
}
