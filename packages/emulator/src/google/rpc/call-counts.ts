/** How often each method was called, faults included: tests count round trips with it. */
export class CallCounts {
  readonly #counts = new Map<string, number>()

  add(service: string, method: string): void {
    this.#counts.set(`${service}.${method}`, this.of(service, method) + 1)
  }

  of(service: string, method: string): number {
    return this.#counts.get(`${service}.${method}`) ?? 0
  }
}
