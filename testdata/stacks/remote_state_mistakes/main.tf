data "terraform_remote_state" "backend" {
  backend = "nope"
}

data "terraform_remote_state" "key" {
  backend = "local"
  config = {
    path = "s.tfstate"
    foo  = 1
  }
}

data "terraform_remote_state" "type" {
  backend = "local"
  config  = { path = [] }
}

data "terraform_remote_state" "empty" {
  backend = "local"
  config  = { path = "s.tfstate", workspace_dir = "" }
}

data "terraform_remote_state" "list" {
  backend = "local"
  config  = ["s.tfstate"]
}

data "terraform_remote_state" "defaults" {
  count    = 0
  backend  = "local"
  defaults = "x"
}

# What is not known yet is seen when it is read.
resource "terraform_data" "a" {}

data "terraform_remote_state" "later" {
  backend = "local"
  config  = { path = terraform_data.a.id, foo = 1 }
}
