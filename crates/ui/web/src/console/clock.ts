/** One ticking clock for everything in the console that shows time going by; it ticks only while somebody reads it. */
import { createSubscriber } from "svelte/reactivity";

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, 1_000);
  return () => clearInterval(timer);
});

export const clock = {
  /** The measuring clock, as the client's deadlines use it. */
  get measured(): number {
    subscribe();
    return performance.now();
  },
  get wall(): number {
    subscribe();
    return Date.now();
  },
};
