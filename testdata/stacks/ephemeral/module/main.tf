variable "token" {
  default   = "temporary"
  ephemeral = true
}

module "m" {
  source = "./m"
  plain  = var.token
  token  = var.token
}

module "n" {
  source = "./m"
  plain  = 1
  token  = var.token
}
