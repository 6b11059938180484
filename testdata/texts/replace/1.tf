resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}

resource "tencentcloud_subnet" "app" {
  vpc_id            = tencentcloud_vpc.main.id
  name              = "app"
  cidr_block        = "10.0.1.0/24"
  availability_zone = "ap-guangzhou-3"
}

resource "tencentcloud_eip" "old" {
  name = "old"
}

resource "random_password" "db" {
  length = 16
}

resource "terraform_data" "secret" {
  input = { password = random_password.db.result, note = "a" }
}
