resource "terraform_data" "a" {
  input = "x"
}
resource "terraform_data" "b" {
  input = "x"
}
module "a" {
  source = "./m"
}
module "b" {
  source = "./m"
}
