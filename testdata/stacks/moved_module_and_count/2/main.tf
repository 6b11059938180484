module "new" {
  source = "./single"
}

moved {
  from = module.old
  to   = module.new
}

module "keyed" {
  source = "./counted"
  count  = 1
}

moved {
  from = module.keyed
  to   = module.keyed[0]
}

module "other" {
  source = "./renamed"
}

moved {
  from = module.named
  to   = module.other
}
