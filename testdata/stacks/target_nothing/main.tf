resource "terraform_data" "a" {}

resource "terraform_data" "b" {
  count = 1
}

resource "terraform_data" "none" {
  count = 0
}

data "terraform_remote_state" "s" {
  for_each = toset(["x"])
  backend  = "local"
  config   = { path = "${path.cwd}/other.json" }
}

module "m" {
  source   = "./m"
  for_each = toset(["x"])
}
