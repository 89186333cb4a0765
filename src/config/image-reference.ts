/** To an engine a reference without a tag means `latest`: something else tomorrow, and nobody said so. */
export function hasTag(reference: string): boolean {
  return /[:@][^/]+$/.test(reference);
}

export const lacksTag = {
  message: "has no tag",
  hint: "write it with one, name:tag or name@digest; name:latest if that is meant",
};
