/** To an engine a reference without a tag means `latest`: something else tomorrow, and nobody said so. */
export function hasTag(reference: string): boolean {
  return /[:@][^/]+$/.test(reference);
}

export const lacksTag = {
  message: "has no tag",
  hint: "write name:tag or name@digest; name:latest if you want the latest",
};
