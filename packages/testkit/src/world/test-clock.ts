import pg from 'pg'

/** A clock that a test sets forward, for the code (`now`) and for the database (`iam.now()`) together. */
export class TestClock {
  #ahead = 0
  readonly #ownerUrl: string

  /** @param ownerUrl a connection to the test's database as iam_owner. */
  constructor(ownerUrl: string) {
    this.#ownerUrl = ownerUrl
  }

  readonly now = (): Date => new Date(Date.now() + this.#ahead)

  readonly monotonic = (): number => performance.now() + this.#ahead

  async advance(seconds: number): Promise<void> {
    this.#ahead += seconds * 1000
    const owner = new pg.Client({ connectionString: this.#ownerUrl })
    await owner.connect()
    try {
      await owner.query('update iam.test_clock set ahead = make_interval(secs => $1)', [this.#ahead / 1000])
    } finally {
      await owner.end()
    }
  }
}
