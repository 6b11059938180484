module "old" {
  source = "./counted"
}

module "keyed" {
  source = "./single"
}

module "named" {
  source = "./counted"
}
