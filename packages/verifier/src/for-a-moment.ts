const moment = 500

/**
 * Waits for work, but half a second at most, and goes on without it then: for an answer that failed to come the last
 * time, and may take until its deadline to fail again.
 */
export async function forAMoment(work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, moment)
  })
  await Promise.race([work, over])
  clearTimeout(timer)
}
