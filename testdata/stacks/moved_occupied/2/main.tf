resource "terraform_data" "b" {
  input = "x"
}
module "b" {
  source = "./m"
}
moved {
  from = terraform_data.a
  to   = terraform_data.b
}
moved {
  from = module.a
  to   = module.b
}
