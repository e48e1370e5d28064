"""A folder of Traefik mappings, and a router that includes it."""

from routerc import Router

MAPPING = """http:
  routers:
    {name}:
      rule: "HeaderRegexp(`Authorization`, `^Bearer {key}$`)"
      service: {name}
      entryPoints:
        - llama-servers

  services:
    {name}:
      loadBalancer:
        servers:
          - url: "{url}"
"""

FOLDER = """
include:
  - { traefik: "mappings/*.yml", credential: client, literal_secrets: allow, empty: allow }
skip:
  files: [routheon-server.yml, "*.bak.*"]
"""


class SpecRouter(Router):
    """A router that serves the spec itself and compiles it anew at every SIGHUP."""

    def compile(self, spec, table=None, name="router.yaml"):
        path = self.folder / name
        path.write_text(self.spec_text(spec))
        self.table = path
        return None


def write(folder, name, key, url):
    (folder / f"{name}.yml").write_text(MAPPING.format(name=name, key=key, url=url))
