data "terraform_remote_state" "default" {
  backend = "local"
  config  = { path = "none.tfstate" }
}

data "terraform_remote_state" "workspace" {
  backend   = "local"
  workspace = "other"
  config    = { path = "none.tfstate" }
}
