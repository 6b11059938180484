resource "terraform_data" "a" {
  input = "x"
}
resource "terraform_data" "b" {
  input = "y"
}
module "m" {
  source = "./m"
  count  = 0
}
moved {
  from = terraform_data.a
  to   = terraform_data.c
}
moved {
  from = module.m
  to   = module.o
}
