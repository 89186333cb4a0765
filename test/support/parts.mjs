/** The parts of a whole test run, each with the minutes it may take on two cores; the first that matches a file has it. */
export const parts = [
  { name: "attacks and trust", budgetMinutes: 6, files: /^test\/attacks\// },
  { name: "models and agents", budgetMinutes: 6, files: /^test\/agents\/|agents-|\/models?-/ },
  { name: "dashboard", budgetMinutes: 3, files: /dashboard/ },
  { name: "Forgejo and the edge", budgetMinutes: 3, files: /^test\/forgejo\/|real-forgejo|edge/ },
  { name: "Woodpecker and CI", budgetMinutes: 3, files: /woodpecker|^src\/ci\/|local-ci/ },
  { name: "first hour", budgetMinutes: 4, files: /fresh-clone|demo|first-hour|docs-/ },
  {
    name: "fleet",
    budgetMinutes: 4,
    files: /fleet|docker-compose|local-engine|env-compose|earlier-version/,
  },
  { name: "identities", budgetMinutes: 4, files: /identities|secrets/ },
  { name: "embedded forge", budgetMinutes: 2, files: /^src\/forge\/|^test\/forge-contract\// },
  { name: "bots", budgetMinutes: 8, files: /^test\/scenarios\/|^src\/(bot|roles)\// },
  { name: "everything else", budgetMinutes: 2, files: /^/ },
];

export const partOf = (file) => parts.find(({ files }) => files.test(file));
