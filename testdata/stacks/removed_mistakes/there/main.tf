resource "terraform_data" "a" {
  input = "x"
}
module "m" {
  source = "./m"
}
removed {
  from = terraform_data.a
  lifecycle {
    destroy = false
  }
}
removed {
  from = module.m
}
removed {
  from = module.m.terraform_data.x
}
